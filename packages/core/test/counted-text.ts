/**
 * Text that counts the work done on it: how many characters were looked at or copied. Linear work is a number to assert;
 * the time that it takes is not.
 */
export interface CountedText {
  /** To be given to what takes a string. Any method that is not counted throws. */
  readonly text: string;
  /** Characters looked at, searched or copied so far. */
  work: number;
}

export function countedText(text: string): CountedText {
  const counted: CountedText = {
    text: {
      length: text.length,
      charCodeAt(at: number): number {
        counted.work += 1;
        return text.charCodeAt(at);
      },
      indexOf(sought: string, from: number): number {
        const found = text.indexOf(sought, from);
        counted.work += (found === -1 ? text.length : found + 1) - from;
        return found;
      },
      slice(start: number, end: number): string {
        const slice = text.slice(start, end);
        counted.work += slice.length;
        return slice;
      },
    } as unknown as string,
    work: 0,
  };
  return counted;
}
