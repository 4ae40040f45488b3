// node scripts/extract-musts.mjs PATH_TO_rfc6455.txt (or rfc7692.txt): writes docs/rfc6455-musts.json (or rfc7692) anew.
import { writeMusts } from "../packages/workshop/src/rfc-musts.mjs";

process.exitCode = writeMusts(process.argv[2]);
