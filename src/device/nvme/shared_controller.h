// A controller as the devices of one event loop share it: whether Copy across namespaces is enabled there, and who has
// to put that back.
//
// It is enabled when it first can be of use: when a second namespace of the controller is opened on the loop and one of
// them is to be written. So a single device changes nothing at its controller, and no command waits for it later. It is
// put back when the last of the devices is closed, if it was changed here and nobody else has since. A process that is
// killed leaves it enabled until the controller is reset: who may send Copy to one namespace can read the others by it
// until then.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "src/device/nvme/controller.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/keyed_locks.h"

namespace zonecopy::nvme {

class SharedController {
 public:
  explicit SharedController(AdminQueue admin) : admin_(std::move(admin)) {}
  /// Puts back what was changed. Blocks.
  ~SharedController();
  SharedController(const SharedController&) = delete;
  SharedController& operator=(const SharedController&) = delete;

  /// A namespace of the controller was opened that copies may go from, and into if it `writes`.
  void join(bool writes);
  void leave(bool writes);
  /// Enables Copy across namespaces if it is of use by now. Blocks.
  void enable_if_useful();

  /// Why Copy across namespaces is not enabled; empty where it is.
  [[nodiscard]] const std::string& objection() const { return objection_; }

  /// Looks whether it still is enabled, and enables it where it is not: a reset of the controller undoes it.
  Task<void> enable_again(EventLoop& loop);

 private:
  AdminQueue admin_;
  std::uint32_t namespaces_ = 0;
  std::uint32_t writers_ = 0;
  bool changed_ = false;
  std::string objection_ = "no second namespace of the controller is open, or none for writing";
  KeyedLocks lock_;  ///< one user of `admin_` at a time
};

/// The controllers of all namespaces that are open on a loop, by the paths of their nodes.
class ControllerTable {
 public:
  using QueueOf = std::function<AdminQueue(std::string path)>;
  ControllerTable() : ControllerTable(admin_queue_of) {}
  explicit ControllerTable(QueueOf queue_of) : queue_of_(std::move(queue_of)) {}

  /// The controller, which lives as long as somebody holds it.
  std::shared_ptr<SharedController> find(const std::string& path);

 private:
  QueueOf queue_of_;
  std::unordered_map<std::string, std::weak_ptr<SharedController>> controllers_;
};

}  // namespace zonecopy::nvme
