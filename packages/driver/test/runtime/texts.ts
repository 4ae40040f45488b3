/** A text for each length of a character in UTF-8, and one that mixes them. */
export const TEXTS = {
  ASCII: "The quick brown fox. ",
  "two bytes": "Grüße aus Zürich, ",
  "three bytes": "日本語の文章、",
  "four bytes": "😀 and 𝒳 ",
  "all of them": "aé日😀",
} as const;
