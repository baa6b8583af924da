/**
 * Records of bytes that tell by themselves whether they are whole: a mark, the length, a checksum.
 */

const MARK = 0x43_4e_44_31;
const HEADER = 12;
const POLYNOMIAL = 0xedb88320;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value >>> 0;
});

/**
 * @param {Uint8Array} bytes
 * @returns {number} CRC-32 as in ZIP
 */
export function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function asRecord(bytes) {
  const record = new Uint8Array(HEADER + bytes.byteLength);
  const view = new DataView(record.buffer);
  view.setUint32(0, MARK);
  view.setUint32(4, bytes.byteLength);
  view.setUint32(8, crc32(bytes));
  record.set(bytes, HEADER);
  return record;
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes of a file
 * @returns {{whole: Uint8Array<ArrayBuffer>[], length: number}} the records before the first torn
 *   one, and the place where that one begins
 */
export function readRecords(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = [];
  let at = 0;
  while (at + HEADER <= bytes.byteLength && view.getUint32(at) === MARK) {
    const end = at + HEADER + view.getUint32(at + 4);
    if (end > bytes.byteLength) break;
    const held = bytes.subarray(at + HEADER, end);
    if (crc32(held) !== view.getUint32(at + 8)) break;
    whole.push(held);
    at = end;
  }
  return { whole, length: at };
}
