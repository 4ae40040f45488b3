// pnpm check:rfc [--rfc PATH_TO_rfc6455.txt] [--rfc PATH_TO_rfc7692.txt]: every rule of both RFCs has a row in docs/, and the row
// tells the truth.
import { checkTables } from "../packages/workshop/src/rfc-table.mjs";

process.exitCode = checkTables(process.argv.slice(2));
