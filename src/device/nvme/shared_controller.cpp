#include "src/device/nvme/shared_controller.h"

#include "src/device/nvme/copy_enabling.h"

namespace zonecopy::nvme {

SharedController::~SharedController() {
  if (changed_) disable_copy_across(admin_);
}

void SharedController::join(bool writes) {
  ++namespaces_;
  if (writes) ++writers_;
}

void SharedController::leave(bool writes) {
  --namespaces_;
  if (writes) --writers_;
}

/// A refusal is not for ever: who joins later may have better luck.
void SharedController::enable_if_useful() {
  if (namespaces_ < 2 || writers_ == 0 || objection_.empty()) return;
  Enabling enabling = enable_copy_across(admin_);
  changed_ = changed_ || enabling.changed;
  objection_ = std::move(enabling.objection);
}

Task<void> SharedController::enable_again(EventLoop& loop) {
  const KeyedLocks::Guard guard = co_await lock_.exclusive(0);
  Enabling enabling;
  Enabling* const result = &enabling;  // what a worker thread writes to is nobody else's until it has ended
  const AdminQueue* const admin = &admin_;
  BlockingCall call = loop.blocking([admin, result] {
    *result = enable_copy_across(*admin);
    return 0;
  });
  co_await call;
  changed_ = changed_ || enabling.changed;
  objection_ = std::move(enabling.objection);
}

std::shared_ptr<SharedController> ControllerTable::find(const std::string& path) {
  std::weak_ptr<SharedController>& place = controllers_[path];
  std::shared_ptr<SharedController> controller = place.lock();
  if (!controller) {
    controller = std::make_shared<SharedController>(queue_of_(path));
    place = controller;
  }
  return controller;
}

}  // namespace zonecopy::nvme
