#include "tools/supervise/supervisor.h"

#include <system_error>
#include <thread>
#include <variant>

#include "tools/supervise/caller.h"
#include "tools/supervise/calls.h"
#include "tools/supervise/clone.h"
#include "tools/supervise/late_open.h"

namespace zonecopy::supervise {

void Supervisor::run() {
  while (const std::optional<seccomp_notif> notification = listener_.receive()) {
    if (is_the_kernels(*notification)) {
      listener_.let_through(notification->id);
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      ++under_way_;
    }
    // A thread a call: a copy may take minutes, an open may wait for a daemon, and who opens takes the caller's
    // credentials.
    const auto work = [this, call = *notification] {
      handle(call);
      const std::lock_guard lock(mutex_);
      --under_way_;
      ended_.notify_all();
    };
    try {
      std::thread(work).detach();
    } catch (const std::system_error&) {  // no more threads
      handle_without_thread(*notification);
      const std::lock_guard lock(mutex_);
      --under_way_;
    }
  }
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return under_way_ == 0; });
}

/// What needs no thread to be found out: openat2(2) is seldom asked to truncate. A process that this one cannot see has the
/// number 0.
bool Supervisor::is_the_kernels(const seccomp_notif& notification) {
  const std::optional<Call> call = call_of(notification.data);
  if (!call || notification.pid == 0) return true;
  const auto* open = std::get_if<OpenCall>(&*call);
  return open != nullptr && !may_be_late(Caller(static_cast<pid_t>(notification.pid)), *open);
}

/// Other calls wait meanwhile. This thread must not take other credentials, as it could not get its own back: an open by
/// somebody else is the kernel's.
void Supervisor::handle_without_thread(const seccomp_notif& notification) {
  const std::optional<Call> call = call_of(notification.data);
  if (call && std::holds_alternative<OpenCall>(*call)) {
    const std::optional<Credentials> own = zonefs::parse_credentials(zonefs::read_status("/proc/thread-self"));
    const Caller caller(static_cast<pid_t>(notification.pid));
    if (!own || caller.credentials() != own) return listener_.let_through(notification.id);
  }
  handle(notification);
}

void Supervisor::handle(const seccomp_notif& notification) {
  const std::optional<Call> call = call_of(notification.data);
  if (!call) return listener_.let_through(notification.id);
  const Caller caller(static_cast<pid_t>(notification.pid));
  if (const auto* open = std::get_if<OpenCall>(&*call)) {
    answer_open(listener_, notification.id, caller, *open);
  } else if (const auto* clone = std::get_if<CloneCall>(&*call)) {
    answer_clone(listener_, notification.id, caller, *clone, options_.require_offload);
  } else if (const auto* range = std::get_if<CloneRangeCall>(&*call)) {
    answer_clone(listener_, notification.id, caller, *range, options_.require_offload);
  }
}

}  // namespace zonecopy::supervise
