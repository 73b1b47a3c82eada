// What keeps an association alive, and how it ends.
#include <algorithm>

#include "src/device/remote/association.h"
#include "src/nvme/fabrics/admin.h"
#include "src/uring/sleep_until.h"

namespace zonecopy::remote {
namespace {

namespace fabrics = nvme::fabrics;

constexpr std::int64_t ns_per_ms = 1'000'000;

}  // namespace

void Association::lose(Error reason) {
  if (reason_) return;
  reason_ = std::move(reason);
  stopping_.request();
  lost_.set();
}

/// The end of one connection is the end of all.
Task<void> Association::watch(Connection& connection) {
  const GatePass pass(work_);
  Event& lost = connection.lost();
  co_await lost;
  lose(*connection.reason());
}

void Association::abort(Error reason) {
  if (admin_) admin_->lose(reason);
  if (io_) io_->lose(reason);
  lose(std::move(reason));
}

/// Looks for answers that are overdue, and sends Keep Alive, at least twice as often as the controller wants to hear of
/// its host.
Task<void> Association::keep_alive() {
  const GatePass pass(work_);
  const std::int64_t half_ms = options_.keep_alive_ms / 2;
  const std::int64_t interval_ms = half_ms == 0 ? options_.tick_ms : std::min<std::int64_t>(half_ms, options_.tick_ms);
  while (!reason_) {
    co_await sleep_until(loop_, monotonic_now_ns() + interval_ms * ns_per_ms, &stopping_);
    const std::int64_t now_ns = monotonic_now_ns();
    if (admin_->overdue(now_ns) || io_->overdue(now_ns)) {
      lose(Error(ETIMEDOUT, "wait for an answer", "the target is connected, but does not answer"));
    }
    if (!reason_ && half_ms != 0 && !beating_) loop_.spawn(beat());
  }
}

/// One Keep Alive. An answer that does not come is found to be overdue.
Task<void> Association::beat() {
  const GatePass pass(work_);
  beating_ = true;
  nvme::Command command;
  command.opcode = static_cast<std::uint8_t>(fabrics::AdminOpcode::keep_alive);
  command.timeout_ms = options_.keep_alive_ms;
  const nvme::Completion completion = co_await admin_->submit(command);
  beating_ = false;
  if (completion.result > 0) lose(make_error(completion, "keep alive"));
}

/// Gives up on the controller when its time to end is over.
Task<void> Association::limit_end(const CancelToken* done, Gate* gate) {
  const GatePass pass(*gate);
  co_await sleep_until(loop_, monotonic_now_ns() + options_.end_limit_ms * ns_per_ms, done);
  if (!done->requested()) admin_->lose(Error(ETIMEDOUT, "connection", "the controller does not stop"));
}

/// Clears CC.EN: a reset, which ends all commands of the controller (NVMe Base 2.0, 3.7.2).
Task<bool> Association::stop_controller() {
  if (!admin_ || admin_->reason() || !configuration_.enabled) co_return false;
  CancelToken done;
  Gate limiting;
  loop_.spawn(limit_end(&done, &limiting));
  fabrics::Configuration configuration = configuration_;
  configuration.enabled = false;
  Status stopped = co_await set_configuration(configuration);
  if (stopped) stopped = co_await wait_ready(false, options_.end_limit_ms);
  done.request();
  Event& limit_ended = limiting.drained();
  co_await limit_ended;
  co_return stopped.ok();
}

Task<bool> Association::end() {
  lose(Error(ECANCELED, "connection", "it was closed"));
  if (io_) co_await io_->end();
  const bool stopped = co_await stop_controller();
  if (admin_) co_await admin_->end();
  Event& quiet = work_.drained();
  co_await quiet;
  co_return stopped;
}

}  // namespace zonecopy::remote
