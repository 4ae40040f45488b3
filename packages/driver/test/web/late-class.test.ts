import { expect, test } from "vitest";
import { lateClass } from "../../src/web/late-class.ts";

class Point {
  static readonly origin: Point = new Point(0);
  readonly x: number;
  readonly made: unknown;
  constructor(x: number) {
    this.x = x;
    this.made = new.target;
  }
}

function latePoint() {
  let loads = 0;
  const Late = lateClass(() => {
    loads += 1;
    return Point;
  });
  return { Late, loads: () => loads };
}

test("a late class is loaded when it is first used", () => {
  const { Late, loads } = latePoint();
  expect(typeof Late).toBe("function");
  expect(loads()).toBe(0);
  expect(new Late(3).x).toBe(3);
  expect(loads()).toBeGreaterThan(0);
});

test("an object of a late class is an object of the loaded class", () => {
  const { Late } = latePoint();
  const point = new Late(3);
  expect(Object.getPrototypeOf(point)).toBe(Point.prototype);
  expect(point.made).toBe(Point);
  expect(point).toBeInstanceOf(Late);
  expect(new Point(3)).toBeInstanceOf(Late);
  expect({}).not.toBeInstanceOf(Late);
});

test("a class can extend a late class", () => {
  const { Late } = latePoint();
  class Named extends Late {
    readonly name: string = "here";
  }
  const named = new Named(3);
  expect(named).toBeInstanceOf(Point);
  expect([named.x, named.name, named.made]).toEqual([3, "here", Named]);
});

test("a late class has the name, the length and the members of the loaded class", () => {
  const { Late } = latePoint();
  expect([Late.name, Late.length, Late.origin]).toEqual(["Point", 1, Point.origin]);
  expect("origin" in Late).toBe(true);
  expect(Object.getPrototypeOf(Late)).toBe(Function.prototype);
});

test("a late class throws without new, as every class does", () => {
  const { Late } = latePoint();
  expect(() => (Late as unknown as (x: number) => unknown)(3)).toThrow(TypeError);
});
