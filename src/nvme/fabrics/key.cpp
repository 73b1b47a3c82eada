#include "src/nvme/fabrics/key.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <array>

#include "src/base/endian.h"

namespace zonecopy::nvme::fabrics {
namespace {

constexpr std::string_view prefix = "DHHC-1:";
constexpr std::size_t checksum_bytes = 4;
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Never shows the key: messages end in logs.
Error invalid_key_error(std::string why) {
  return Error(EINVAL, "key", "this is no key as 'nvme gen-dhchap-key' prints them (DHHC-1:HH:BASE64:): " + why);
}

/// Nothing where it is not in groups of four digits, the last filled up with "=".
std::optional<Secret> base64_decoded(std::string_view text) {
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  const bool right =
      !digits.empty() && text.size() % 4 == 0 && digits.find_first_not_of(base64_digits) == std::string_view::npos;
  if (!right) return std::nullopt;
  Secret whole(text.size() / 4 * 3);
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(whole.bytes().data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  return Secret(std::as_const(whole).bytes().first(static_cast<std::size_t>(size) - padding));
}

std::uint32_t checksum_of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

bool is_key_size(std::size_t size) { return size == 32 || size == 48 || size == 64; }

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

Result<Key> parse_key(std::string_view text) {
  if (!text.starts_with(prefix)) return invalid_key_error("it does not begin with DHHC-1:");
  text.remove_prefix(prefix.size());
  const std::string_view hash = text.substr(0, 2);
  const bool known = hash == "00" || hash == "01" || hash == "02" || hash == "03";
  if (!known || text.substr(2, 1) != ":") {
    return invalid_key_error("the number of its hash is not 00, 01, 02 or 03, or no colon follows");
  }
  text.remove_prefix(3);
  if (!text.ends_with(':')) return invalid_key_error("there is no colon at its end");
  text.remove_suffix(1);
  const std::optional<Secret> whole = base64_decoded(text);
  if (!whole) return invalid_key_error("what stands between the last two colons is not base 64");
  if (whole->size() < checksum_bytes || !is_key_size(whole->size() - checksum_bytes)) {
    return invalid_key_error("it does not have 32, 48 or 64 bytes and a checksum");
  }
  const std::span<const std::byte> bytes = whole->bytes().first(whole->size() - checksum_bytes);
  if (little_endian<std::uint32_t>(whole->bytes(), bytes.size()) != checksum_of(bytes)) {
    return invalid_key_error("its checksum is wrong: a character was lost or changed");
  }
  Key key{hash_of(static_cast<std::uint8_t>(hash[1] - '0')), Secret(bytes)};
  if (key.transformation && hash_bytes(*key.transformation) != bytes.size()) {
    return invalid_key_error(fmt::format("it has {} bytes, and one for {} has {}", bytes.size(),
                                         to_string(*key.transformation), hash_bytes(*key.transformation)));
  }
  return key;
}

std::string to_string(const Key& key) {
  Secret whole(key.bytes.size() + checksum_bytes);
  std::copy(key.bytes.bytes().begin(), key.bytes.bytes().end(), whole.bytes().begin());
  put_little_endian(whole.bytes(), key.bytes.size(), checksum_of(key.bytes.bytes()));
  std::string base64((whole.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                      reinterpret_cast<const unsigned char*>(whole.bytes().data()), static_cast<int>(whole.size()));
  base64.resize(static_cast<std::size_t>(size));
  const unsigned hash = key.transformation ? static_cast<unsigned>(*key.transformation) : 0;
  return fmt::format("{}{:02}:{}:", prefix, hash, base64);
}

Result<Secret> transformed(const Key& key, std::string_view nqn) {
  if (!key.transformation) return key.bytes;
  const Result<Bytes> made =
      hmac(*key.transformation, key.bytes.bytes(), {bytes_of(nqn), bytes_of("NVMe-over-Fabrics")});
  if (!made) return made.error();
  return Secret(*made);
}

}  // namespace zonecopy::nvme::fabrics
