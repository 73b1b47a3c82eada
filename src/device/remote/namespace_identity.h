// Which namespace a device is, wherever it is seen, and whether a target that comes back still has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/device/namespace/namespace_facts.h"
#include "src/device/remote/link.h"

namespace zonecopy::remote {

/// What is known of a namespace after Identify.
struct FoundNamespace {
  nvme::NamespaceFacts facts;
  /// "uuid:..." or "nguid:...", which are the same wherever the namespace is seen; else what the target calls it: its
  /// subsystem's NQN and its NSID.
  std::string identity;
};

/// Finds a namespace at each new association, and holds that it is the one that was there before.
class SameNamespace final : public Admission {
 public:
  /// `path` is the device's name in errors. Without `nsid` it is the only namespace that there is.
  SameNamespace(std::string path, std::string subsystem_nqn, std::optional<std::uint32_t> nsid)
      : path_(std::move(path)), subsystem_nqn_(std::move(subsystem_nqn)), nsid_(nsid) {}

  Task<Status> admit(Association& association) override;
  /// After the first association was admitted.
  [[nodiscard]] const FoundNamespace& found() const { return *found_; }
  [[nodiscard]] const std::string& subsystem_nqn() const { return subsystem_nqn_; }
  /// What `nsid` is at the controller of `association`, in the form of FoundNamespace::identity.
  Task<std::string> identity_of(Association& association, std::uint32_t nsid) const;
  /// Why copies between namespaces are not enabled at the controller that there is; empty where they are.
  [[nodiscard]] const std::string& copy_across_objection() const { return copy_across_objection_; }

 private:
  Task<Result<std::uint32_t>> only_namespace(Association& association) const;
  Task<Result<FoundNamespace>> look(Association& association, std::uint32_t nsid) const;
  [[nodiscard]] Error make_error(int code, std::string detail) const;

  std::string path_;
  std::string subsystem_nqn_;
  std::optional<std::uint32_t> nsid_;
  std::optional<FoundNamespace> found_;
  std::string copy_across_objection_;
};

}  // namespace zonecopy::remote
