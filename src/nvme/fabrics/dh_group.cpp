#include "src/nvme/fabrics/dh_group.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <utility>

namespace zonecopy::nvme::fabrics {
namespace {

/// Wiped when it ends, since an exponent or a result may be in it.
using Number = std::unique_ptr<BIGNUM, decltype(&BN_clear_free)>;
using NumberContext = std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using PublicKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

constexpr BN_ULONG generator = 2;  // of all groups of RFC 7919

Error libcrypto_error() { return Error(ENOMEM, "Diffie-Hellman", "libcrypto does not carry it out"); }

Number number_of(std::span<const std::byte> bytes) {
  return {BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr),
          &BN_clear_free};
}

/// The prime of a group, which libcrypto gives only as a part of a key's parameters. Null where it cannot.
Number prime_of(DhGroup group) {
  const Number none(nullptr, &BN_clear_free);
  std::string name(to_string(group));
  const std::array<OSSL_PARAM, 2> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size()),
      OSSL_PARAM_construct_end()};
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  const bool done = context && EVP_PKEY_paramgen_init(context.get()) == 1 &&
                    EVP_PKEY_CTX_set_params(context.get(), parameters.data()) == 1 &&
                    EVP_PKEY_generate(context.get(), &made) == 1;
  const PublicKey key(made, &EVP_PKEY_free);
  BIGNUM* prime = nullptr;
  if (done) EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_FFC_P, &prime);
  return {prime, &BN_clear_free};
}

/// base^exponent mod prime, in a time that does not tell the exponent. Empty where libcrypto cannot.
Secret power(const BIGNUM* base, std::span<const std::byte> exponent, const BIGNUM* prime) {
  const Number result(BN_secure_new(), &BN_clear_free);
  const Number secret = number_of(exponent);
  const NumberContext context(BN_CTX_secure_new(), &BN_CTX_free);
  if (!result || !secret || !context) return {};
  BN_set_flags(secret.get(), BN_FLG_CONSTTIME);
  if (BN_mod_exp_mont_consttime(result.get(), base, secret.get(), prime, context.get(), nullptr) != 1) return {};
  Secret bytes(static_cast<std::size_t>(BN_num_bytes(prime)));
  const int size = static_cast<int>(bytes.size());
  const int put = BN_bn2binpad(result.get(), reinterpret_cast<unsigned char*>(bytes.bytes().data()), size);
  return put == size ? bytes : Secret();
}

/// From 2 to prime - 2.
bool is_fit(const BIGNUM* value, const BIGNUM* prime) {
  const Number last(BN_dup(prime), &BN_clear_free);
  if (!last || BN_sub_word(last.get(), 2) != 1) return false;
  return BN_cmp(value, BN_value_one()) > 0 && BN_cmp(value, last.get()) <= 0;
}

}  // namespace

std::optional<DhGroup> group_of(std::uint8_t identifier) {
  for (const DhGroup group : all_groups) {
    if (identifier == static_cast<std::uint8_t>(group)) return group;
  }
  return std::nullopt;
}

std::string_view to_string(DhGroup group) {
  switch (group) {
    case DhGroup::null: return "NULL";
    case DhGroup::ffdhe2048: return "ffdhe2048";
    case DhGroup::ffdhe3072: return "ffdhe3072";
    case DhGroup::ffdhe4096: return "ffdhe4096";
    case DhGroup::ffdhe6144: return "ffdhe6144";
    case DhGroup::ffdhe8192: return "ffdhe8192";
  }
  return "unknown group";
}

std::size_t value_bytes(DhGroup group) {
  switch (group) {
    case DhGroup::null: return 0;
    case DhGroup::ffdhe2048: return 2048 / 8;
    case DhGroup::ffdhe3072: return 3072 / 8;
    case DhGroup::ffdhe4096: return 4096 / 8;
    case DhGroup::ffdhe6144: return 6144 / 8;
    case DhGroup::ffdhe8192: return 8192 / 8;
  }
  return 0;
}

Result<Bytes> public_value(DhGroup group, std::span<const std::byte> exponent) {
  const Number prime = prime_of(group);
  const Number base(BN_new(), &BN_clear_free);
  if (!prime || !base || BN_set_word(base.get(), generator) != 1) return libcrypto_error();
  const Secret value = power(base.get(), exponent, prime.get());
  if (value.size() == 0) return libcrypto_error();
  return Bytes(value.bytes().begin(), value.bytes().end());
}

Result<Secret> shared_secret(DhGroup group, std::span<const std::byte> exponent,
                             std::span<const std::byte> peer_value) {
  const Number prime = prime_of(group);
  if (!prime) return libcrypto_error();
  if (peer_value.size() > value_bytes(group)) return Error(EINVAL, "Diffie-Hellman", "the value is too long");
  const Number base = number_of(peer_value);
  if (!base) return libcrypto_error();
  if (!is_fit(base.get(), prime.get())) return Error(EINVAL, "Diffie-Hellman", "the value is out of its range");
  Secret secret = power(base.get(), exponent, prime.get());
  if (secret.size() == 0) return libcrypto_error();
  return secret;
}

}  // namespace zonecopy::nvme::fabrics
