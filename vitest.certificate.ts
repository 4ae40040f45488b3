/** The certificate that the tests of TLS are served with. */
import { generate } from "selfsigned";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** For localhost, 127.0.0.1 and this name, signed by itself. */
export async function selfSigned(name = "localhost"): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256", // Deno trusts no SHA-1
    extensions: [
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          ...(name === "localhost" ? [] : [{ type: 2 as const, value: name }]),
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { cert, key };
}

let shared: Promise<Certificate> | null = null;

/** One for all tests of a file. */
export function certificate(): Promise<Certificate> {
  shared ??= selfSigned();
  return shared;
}
