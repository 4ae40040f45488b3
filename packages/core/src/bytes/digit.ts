/** A decimal digit (RFC 5234, DIGIT) by its code. False for the NaN of a charCodeAt behind the end. */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The value of a hexadecimal digit (RFC 5234, HEXDIG, in either case) by its code; -1 when it is none. */
export function hexDigitValue(code: number): number {
  if (isDigit(code)) return code - 0x30;
  const lowerCaseCode = code | 0x20;
  return lowerCaseCode >= 0x61 && lowerCaseCode <= 0x66 ? lowerCaseCode - 0x61 + 10 : -1;
}
