/** What a page that wants the driver has to load. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { bundle } from "./bundle.ts";

test("the whole driver, bundled for a browser, imports nothing and is less than 68 KiB gzipped", async () => {
  const { code, metafile } = await bundle('export * from "@sansocket/driver";', { minify: true });
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
  for (const path of Object.keys(metafile.inputs)) {
    expect(path).toMatch(/(^|\/)(core|driver)\/src\/|^<stdin>$/);
  }
  const gzipped = gzipSync(code).length;
  console.log(`the driver with the engine: ${code.length} bytes minified, ${gzipped} gzipped`);
  expect(gzipped).toBeLessThan(69_632);
});
