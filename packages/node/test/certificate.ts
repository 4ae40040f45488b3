/** A certificate for localhost and 127.0.0.1, made once per test file. */
import { generate } from "selfsigned";

let made: Promise<{ cert: string; key: string }> | null = null;

export function certificate(): Promise<{ cert: string; key: string }> {
  made ??= generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    extensions: [
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  }).then(({ cert, private: key }) => ({ cert, key }));
  return made;
}
