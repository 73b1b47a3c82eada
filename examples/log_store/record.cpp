#include "examples/log_store/record.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace log_store {
namespace {

static_assert(std::endian::native == std::endian::little, "headers are written as they lie in memory");

constexpr std::array<char, 4> magic = {'L', 'S', 'R', '1'};
std::uint32_t checksum(std::span<const std::byte> data) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const unsigned char*>(data.data()), data.size()));
}

std::uint32_t header_checksum(const RecordHeader& header) {
  return checksum(std::as_bytes(std::span(&header, 1)).subspan(offsetof(RecordHeader, data_checksum)));
}

std::span<const std::byte> key_and_value(const RecordHeader& header, std::span<const std::byte> data) {
  return data.subspan(sizeof header, header.key_bytes + header.value_bytes);
}

std::string_view text(std::span<const std::byte> data, std::size_t offset, std::size_t length) {
  return {reinterpret_cast<const char*>(data.data()) + offset, length};
}

}  // namespace

std::uint64_t record_bytes(std::size_t key_bytes, std::size_t value_bytes, std::uint64_t block_bytes) {
  const std::uint64_t bytes = sizeof(RecordHeader) + key_bytes + value_bytes;
  return (bytes + block_bytes - 1) / block_bytes * block_bytes;
}

zonecopy::Buffer encode(Kind kind, std::uint64_t sequence, std::string_view key, std::string_view value,
                        std::uint64_t block_bytes) {
  RecordHeader header{};
  header.magic = magic;
  header.sequence = sequence;
  header.value_bytes = static_cast<std::uint32_t>(value.size());
  header.key_bytes = static_cast<std::uint16_t>(key.size());
  header.kind = kind;

  zonecopy::Buffer buffer(record_bytes(key.size(), value.size(), block_bytes));
  std::byte* const data = buffer.data() + sizeof header;
  std::memcpy(data, key.data(), key.size());
  if (!value.empty()) std::memcpy(data + key.size(), value.data(), value.size());
  std::fill(data + key.size() + value.size(), buffer.data() + buffer.size(), std::byte{0});
  header.data_checksum = checksum(key_and_value(header, buffer.span()));
  header.header_checksum = header_checksum(header);
  std::memcpy(buffer.data(), &header, sizeof header);
  return buffer;
}

std::optional<RecordHeader> decode_header(std::span<const std::byte> data) {
  RecordHeader header{};
  if (data.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, data.data(), sizeof header);
  if (header.magic != magic || header.header_checksum != header_checksum(header)) return std::nullopt;
  return header;
}

bool is_intact(const RecordHeader& header, std::span<const std::byte> data) {
  return checksum(key_and_value(header, data)) == header.data_checksum;
}

std::string_view key_of(const RecordHeader& header, std::span<const std::byte> data) {
  return text(data, sizeof header, header.key_bytes);
}

std::string_view value_of(const RecordHeader& header, std::span<const std::byte> data) {
  return text(data, sizeof header + header.key_bytes, header.value_bytes);
}

}  // namespace log_store
