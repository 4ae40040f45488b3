// A list that grows at its end. A reader at the end stays at the end, and a reader further up stays at the same line. Both hold when
// the size of the list changes, and when the list was hidden for a time.

/**
 * @param scroller the element that scrolls.
 * @param near px: nearer to the end than this counts as at the end.
 * @param {() => void} [onEnd] the end was reached.
 */
export function followEnd(scroller, near, onEnd = () => {}) {
  let isFollowing = true;
  let place = 0;
  /** 0 while the list is hidden: it has no size then, and its scroll position means nothing. */
  let height = scroller.clientHeight;

  function distance(clientHeight) {
    return scroller.scrollHeight - scroller.scrollTop - clientHeight;
  }

  /** Notes the reader's place, unless the list is hidden. */
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
  // The keyboard of a phone, or one more line in the composer, takes space from below.
  new ResizeObserver(() => {
    const before = height;
    height = scroller.clientHeight;
    if (height === 0) return;
    // The reader has moved, and the event has not come yet. Or the list has become higher, and its end has moved.
    if (before > 0 && scroller.scrollTop !== place) {
      isFollowing = Math.min(distance(before), distance(height)) < near;
    }
    if (isFollowing) toEnd();
    else if (before === 0) scroller.scrollTop = place;
  }).observe(scroller);

  return {
    toEnd,
    /** Runs `grow`, which makes the list longer. Returns whether the reader is at the end, and so sees the new lines. */
    grow(change) {
      look();
      change();
      if (isFollowing) toEnd();
      return isFollowing;
    },
  };
}
