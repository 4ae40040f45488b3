// A list that grows at its end: whoever is at the end stays there, and whoever reads further up stays where they are. Both
// hold when the size of the list changes, and when the list was hidden meanwhile.

/**
 * @param scroller the element that scrolls.
 * @param near px: nearer to the end than this counts as at the end.
 * @param {() => void} [onEnd] the end was reached.
 */
export function followEnd(scroller, near, onEnd = () => {}) {
  let isFollowing = true;
  let place = 0;
  /** 0 while the list is hidden: then it has no size, and its place says nothing. */
  let height = scroller.clientHeight;

  function distance(clientHeight) {
    return scroller.scrollHeight - scroller.scrollTop - clientHeight;
  }

  /** Where the reader is, unless nobody can know. */
  function look() {
    if (height === 0 || scroller.clientHeight !== height) return;
    place = scroller.scrollTop;
    isFollowing = distance(height) < near;
  }

  function toEnd() {
    isFollowing = true;
    scroller.scrollTop = scroller.scrollHeight;
    place = scroller.scrollTop;
    onEnd();
  }

  scroller.addEventListener("scroll", () => {
    look();
    if (isFollowing) onEnd();
  });
  // The keyboard of a phone, or a line more in the composer, takes from below.
  new ResizeObserver(() => {
    const before = height;
    height = scroller.clientHeight;
    if (height === 0) return;
    // The reader has moved just now, and no event has told of it yet; or the list has become higher, and its end with it.
    if (before > 0 && scroller.scrollTop !== place) {
      isFollowing = Math.min(distance(before), distance(height)) < near;
    }
    if (isFollowing) toEnd();
    else if (before === 0) scroller.scrollTop = place;
  }).observe(scroller);

  return {
    toEnd,
    /** Runs what makes the list grow. Returns whether the reader is at the end, and so sees what is new. */
    grow(change) {
      look();
      change();
      if (isFollowing) toEnd();
      return isFollowing;
    },
  };
}
