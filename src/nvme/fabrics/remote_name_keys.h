// The keys that may follow "?" in the name of a namespace across the network: one table for reading and writing. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/nvme/fabrics/remote_name.h"

namespace zonecopy::nvme::fabrics {

struct RemoteNameKey {
  std::string_view name;
  std::string_view takes;  ///< what the value may be, for a person
  /// False where the value cannot be.
  bool (*set)(RemoteName& name, const std::string& value);
  /// Nothing where the value is the default one.
  std::optional<std::string> (*get)(const RemoteName& name);
  bool flag = false;  ///< the word alone means "on"

  [[nodiscard]] std::optional<std::string> value_if_none_is_given() const {
    return flag ? std::optional<std::string>("on") : std::nullopt;
  }
};

/// In the order in which names are written.
[[nodiscard]] std::span<const RemoteNameKey> remote_name_keys();

/// Null where there is no such key.
[[nodiscard]] const RemoteNameKey* find_key(std::string_view name);

/// All of them, for a message: "nsid, hostnqn, ...".
[[nodiscard]] std::string names_of_keys();

}  // namespace zonecopy::nvme::fabrics
