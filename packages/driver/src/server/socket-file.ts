/** The file of a unix socket: a process that may write to the file may connect. */

/**
 * Listens so that the file never has more rights than `mode` gives. If the mode were set after the call, a stranger could
 * connect before the change.
 * @param umask sets the mask of the modes of new files, and returns the mask before.
 * @param listen makes the file before `listen` returns.
 */
export function withFileMode<Listening>(
  umask: (mask: number) => number,
  mode: number | undefined,
  listen: () => Listening,
): Listening {
  if (mode === undefined) return listen();
  const previous = umask(0o777 & ~mode);
  try {
    return listen();
  } finally {
    umask(previous);
  }
}
