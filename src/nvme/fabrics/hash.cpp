#include "src/nvme/fabrics/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

namespace zonecopy::nvme::fabrics {
namespace {

using Mac = std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

/// The name that libcrypto knows the function by.
const char* name_of(HashId hash) {
  switch (hash) {
    case HashId::sha256: return "SHA256";
    case HashId::sha384: return "SHA384";
    case HashId::sha512: return "SHA512";
  }
  return "";
}

unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Error libcrypto_error(const char* operation) { return Error(ENOMEM, operation, "libcrypto does not carry it out"); }

}  // namespace

std::optional<HashId> hash_of(std::uint8_t identifier) {
  for (const HashId hash : all_hashes) {
    if (identifier == static_cast<std::uint8_t>(hash)) return hash;
  }
  return std::nullopt;
}

std::size_t hash_bytes(HashId hash) {
  switch (hash) {
    case HashId::sha256: return 32;
    case HashId::sha384: return 48;
    case HashId::sha512: return 64;
  }
  return 0;
}

std::string_view to_string(HashId hash) {
  switch (hash) {
    case HashId::sha256: return "SHA-256";
    case HashId::sha384: return "SHA-384";
    case HashId::sha512: return "SHA-512";
  }
  return "unknown hash";
}

Result<Bytes> hashed(HashId hash, std::span<const std::byte> data) {
  Bytes result(hash_bytes(hash));
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, name_of(hash), nullptr, raw(data), data.size(), raw(result), &size) != 1) {
    return libcrypto_error("hash");
  }
  return result;
}

Result<Bytes> hmac(HashId hash, std::span<const std::byte> key,
                   std::initializer_list<std::span<const std::byte>> parts) {
  const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free);
  const MacContext context(EVP_MAC_CTX_new(mac.get()), &EVP_MAC_CTX_free);
  if (!mac || !context) return libcrypto_error("HMAC");
  std::string name = name_of(hash);
  const std::array<OSSL_PARAM, 2> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), name.size()), OSSL_PARAM_construct_end()};
  bool done = EVP_MAC_init(context.get(), raw(key), key.size(), parameters.data()) == 1;
  for (const std::span<const std::byte> part : parts) {
    done = done && EVP_MAC_update(context.get(), raw(part), part.size()) == 1;
  }
  Bytes result(hash_bytes(hash));
  std::size_t size = 0;
  done = done && EVP_MAC_final(context.get(), raw(result), &size, result.size()) == 1;
  if (!done) return libcrypto_error("HMAC");
  return result;
}

bool same_bytes(std::span<const std::byte> one, std::span<const std::byte> other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace zonecopy::nvme::fabrics
