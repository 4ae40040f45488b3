/** A page can load the driver: nothing in it is of a runtime. `pnpm size` has the bytes that a page loads. */
import { expect, test } from "vitest";
import { bundle } from "./bundle.ts";

test("the whole driver, bundled for a browser, imports nothing", async () => {
  const { metafile } = await bundle('export * from "@sansocket/driver";', { minify: true });
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
  for (const path of Object.keys(metafile.inputs)) {
    expect(path).toMatch(/(^|\/)(core|driver)\/src\/|^<stdin>$/);
  }
});
