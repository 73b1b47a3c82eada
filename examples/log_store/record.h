// The record: the only thing that a log_store writes. Pure.
//
//   | header, 32 bytes | key | value | zeros up to a whole block |
//
// A zone file is a row of records and nothing else. Each is found by the one before it: the header tells how long a
// record is. A record has a sequence number, one greater than any before it, so that of two versions of a key the newer
// one is known wherever they lie: records can be moved from zone to zone, byte by byte, and keep their meaning. That is
// what makes garbage collection a plain copy, which a drive can do by itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "zonecopy/buffer.h"

namespace log_store {

enum class Kind : std::uint8_t {
  put = 1,
  tombstone = 2,  ///< the key was deleted; there is no value
};

/// As it lies on the device, little endian. It has a checksum of its own: a length that can be relied on tells a record
/// that a crash has cut off, which is no fault, from one that was damaged, which is.
struct RecordHeader {
  std::array<char, 4> magic;
  std::uint32_t header_checksum;  ///< CRC-32 of the fields behind it
  std::uint32_t data_checksum;    ///< CRC-32 of key and value
  std::uint32_t value_bytes;
  std::uint64_t sequence;
  std::uint16_t key_bytes;
  Kind kind;
  std::array<std::uint8_t, 5> reserved;  ///< 0
};
static_assert(sizeof(RecordHeader) == 32);

inline constexpr std::size_t key_bytes_max = 1024;

/// What the store remembers of a record in a zone.
struct Record {
  std::string key;
  std::uint64_t sequence = 0;
  std::uint64_t offset_bytes = 0;  ///< in its zone file
  std::uint64_t length_bytes = 0;  ///< whole blocks
  Kind kind = Kind::put;
  [[nodiscard]] std::uint64_t end_bytes() const { return offset_bytes + length_bytes; }
};

/// The bytes of a record with such a key and value, in whole blocks.
[[nodiscard]] std::uint64_t record_bytes(std::size_t key_bytes, std::size_t value_bytes, std::uint64_t block_bytes);

/// A record as it is written, in page-aligned memory, as O_DIRECT wants it.
[[nodiscard]] zonecopy::Buffer encode(Kind kind, std::uint64_t sequence, std::string_view key, std::string_view value,
                                      std::uint64_t block_bytes);

/// The header at the start of `data`; nothing if there is none, or it is damaged.
[[nodiscard]] std::optional<RecordHeader> decode_header(std::span<const std::byte> data);

/// Whether key and value are as they were written, in the record at the start of `data`, which must hold it whole.
[[nodiscard]] bool is_intact(const RecordHeader& header, std::span<const std::byte> data);

/// The key and the value of the record at the start of `data`.
[[nodiscard]] std::string_view key_of(const RecordHeader& header, std::span<const std::byte> data);
[[nodiscard]] std::string_view value_of(const RecordHeader& header, std::span<const std::byte> data);

}  // namespace log_store
