/** The certificates of tests and of `pnpm echo --tls`. */
import { generate } from "selfsigned";

/** @typedef {{ readonly cert: string, readonly key: string }} Certificate both in PEM */

/**
 * Makes a certificate for localhost, 127.0.0.1 and this name that is signed by itself.
 * @param {string} [name]
 * @returns {Promise<Certificate>}
 */
export async function selfSigned(name = "localhost") {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256", // Deno refuses SHA-1, the package's default: InvalidData, UnsupportedSignatureAlgorithm
    extensions: [
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          ...(name === "localhost" ? [] : [{ type: /** @type {const} */ (2), value: name }]),
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { cert, key };
}

/** @type {Promise<Certificate> | null} */
let shared = null;

/**
 * The one certificate of a test file.
 * @returns {Promise<Certificate>}
 */
export function certificate() {
  shared ??= selfSigned();
  return shared;
}
