// Copies between a namespace and others of its controllers: whether they can be offloaded, and if not, why.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/device/nvme/shared_controller.h"
#include "src/nvme/identify.h"
#include "zonecopy/zone.h"

namespace zonecopy::nvme {

class CrossNamespace {
 public:
  struct Facts {
    std::string path;  ///< of the namespace, for people
    std::uint32_t nsid = 0;
    Controller controller;
    Namespace space;
    /// The nodes of the controllers that may carry out the namespace's commands. Blocks for a few system calls.
    std::function<Result<std::vector<std::string>>()> controllers;
  };

  /// `wanted`: copies between namespaces are, so that Copy across namespaces may be enabled; that blocks. `table` must
  /// outlive it.
  CrossNamespace(Facts facts, ControllerTable& table, bool wanted, bool writes);
  ~CrossNamespace();
  CrossNamespace(const CrossNamespace&) = delete;
  CrossNamespace& operator=(const CrossNamespace&) = delete;

  /// The namespace, which may have been opened for reading, is to be written. May block.
  void begins_to_write();

  /// Why a copy from `source` into this namespace is not offloaded; empty where it is.
  [[nodiscard]] std::string objection(const CrossNamespace& source) const;
  [[nodiscard]] CopyLimits limits(const CrossNamespace& source) const {
    return copy_limits_across(facts_.space, source.facts_.space);
  }

  /// After a copy from `source` was refused as if Copy across namespaces were not enabled: enables it once more, at the
  /// controllers that there are by now. Whether the command can be sent again.
  Task<bool> enable_again(EventLoop& loop, CrossNamespace& source);
  /// The drive would refuse every other copy from `source`. Copies within the namespace are another matter.
  void note_refusal(const CrossNamespace& source, const Error& error);

 private:
  using Controllers = std::map<std::string, std::shared_ptr<SharedController>>;  ///< by the paths of their nodes
  void look_for_controllers();
  [[nodiscard]] std::string objection_of_place(const CrossNamespace& source) const;

  Facts facts_;
  ControllerTable& table_;
  bool wanted_;
  bool takes_part_;  ///< wanted, and the drive has such copies
  bool writes_;
  Controllers controllers_;
  std::string not_found_;                          ///< why the controllers are not known; empty where they are
  std::map<std::uint32_t, std::string> refusals_;  ///< what the drive said, by the namespace of the source
};

}  // namespace zonecopy::nvme
