// Keys of in-band authentication, in the form that libnvme and the kernel have for them (NVMe Base 2.0, 8.13.5.8):
// "DHHC-1:HH:BASE64:". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/base/secret.h"
#include "src/nvme/fabrics/hash.h"
#include "zonecopy/result.h"

namespace zonecopy::nvme::fabrics {

struct Key {
  std::optional<HashId> transformation;  ///< nothing: the key is used as it is
  Secret bytes;                          ///< 32, 48 or 64; as many as a hash of the transformation has
};

/// Reads what `nvme gen-dhchap-key` prints. EINVAL where it is no key; the detail says why and does not show it.
[[nodiscard]] Result<Key> parse_key(std::string_view text);
[[nodiscard]] std::string to_string(const Key& key);

/// The key that `nqn`, who owns it, computes responses with: HMAC(key, nqn || "NVMe-over-Fabrics") where the key is to
/// be transformed, so that one key that was given to two is two keys.
[[nodiscard]] Result<Secret> transformed(const Key& key, std::string_view nqn);

}  // namespace zonecopy::nvme::fabrics
