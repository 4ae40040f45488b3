/**
 * The place of the next byte in the grammar of a head. The parts of a start line come first, so that one comparison finds
 * them. Constants of a module, because a bundler writes their numbers in place of their names.
 */
export const MethodStart = 0;
export const Method = 1;
export const TargetStart = 2;
export const Target = 3;
export const RequestVersion = 4;
export const RequestLineEnd = 5;
export const ResponseVersion = 6;
export const StatusCodeStart = 7;
export const StatusCode = 8;
export const StatusText = 9;
export const LineStart = 10;
export const Name = 11;
export const ValueStart = 12;
export const Value = 13;
/** Behind the CR of a start line, of a header line, of the empty line. */
export const StartLineFeed = 14;
export const HeaderLineFeed = 15;
export const EmptyLineFeed = 16;
/** Behind the CR of an empty line before the request line. */
export const PrecedingLineFeed = 17;

export type HeadPosition =
  | (typeof MethodStart | typeof Method | typeof TargetStart | typeof Target)
  | (typeof RequestVersion | typeof RequestLineEnd)
  | (typeof ResponseVersion | typeof StatusCodeStart | typeof StatusCode | typeof StatusText)
  | (typeof LineStart | typeof Name | typeof ValueStart | typeof Value)
  | (
      | typeof StartLineFeed
      | typeof HeaderLineFeed
      | typeof EmptyLineFeed
      | typeof PrecedingLineFeed
    );
