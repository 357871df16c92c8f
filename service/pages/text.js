// Text as people and Python see it: code points, dates, languages, plain words.

/**
 * Give a map from offsets in code points, in which the service counts, to offsets in UTF-16 units,
 * in which JavaScript does. Offsets outside the text are brought to its nearest end.
 * @param {string} text
 * @returns {(offset: number) => number}
 */
export function utf16Offsets(text) {
  // Every code point above U+FFFF takes one unit more than it counts; most texts have none.
  const wide = [];
  let count = 0;
  for (let unit = 0; unit < text.length; unit++, count++) {
    if (text.codePointAt(unit) > 0xffff) {
      wide.push(count);
      unit++;
    }
  }
  return (offset) => {
    const point = Math.max(0, Math.min(offset, count));
    return point + countBelow(wide, point);
  };
}

function countBelow(sorted, limit) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December"];
const MOMENT = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)\S*?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * A day or a moment in words, in the zone and at the precision in which it was published.
 * @param {string | null | undefined} iso
 * @returns {string}
 */
export function dateInWords(iso) {
  const [, year, month, day, time, zone] = MOMENT.exec(iso ?? "") ?? [];
  if (!year || !MONTHS[month - 1]) return iso ?? "";
  const date = `${Number(day)} ${MONTHS[month - 1]} ${year}`;
  if (!time) return date;
  const named = !zone ? "" : zone === "Z" || /^[+-]00:?00$/.test(zone) ? " UTC" : ` UTC${zone}`;
  return `${date}, ${time}${named}`;
}

/**
 * Guess a language from its script, for fonts and voices where no article says it.
 * @param {string} text
 * @returns {string | null}
 */
export function languageOf(text) {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return "ja";
  if (/\p{Script=Hangul}/u.test(text)) return "ko";
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  return han * 4 > text.length ? "zh" : null;
}

/**
 * A language's English name with its code, or the code alone where it has no name.
 * @param {string} code
 * @returns {string}
 */
export function languageName(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/**
 * A language tag that is fit for a `lang` attribute, or null.
 * @param {string | null | undefined} code
 * @returns {string | null}
 */
export function langTag(code) {
  return /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(code ?? "") ? code : null;
}

/**
 * A count with its noun: `1 article`, `1,200 articles`.
 * @param {number} count
 * @param {string} noun
 * @returns {string}
 */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
