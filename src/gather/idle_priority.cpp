#include "src/gather/idle_priority.h"

#include <linux/ioprio.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace zonecopy::gather {
namespace {

constexpr int this_thread = 0;

int get_priority() { return static_cast<int>(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, this_thread)); }

bool set_priority(int priority) { return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, this_thread, priority) == 0; }

}  // namespace

IdlePriority::IdlePriority(bool wanted) {
  if (!wanted) return;
  const int before = get_priority();
  if (before >= 0 && set_priority(IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0))) before_ = before;
}

IdlePriority::~IdlePriority() {
  if (before_ >= 0) set_priority(before_);
}

}  // namespace zonecopy::gather
