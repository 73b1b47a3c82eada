#include "src/device/remote/link.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/uring/sleep_until.h"

namespace zonecopy::remote {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

/// How long an old controller may go on with commands after its host has lost it: until it has missed its host, and has
/// ended them (NVMe Base 2.1, 9.6: communication loss). Keep alive is checked once per KATO, and what came within the last
/// one counts.
std::int64_t quiet_after_ms(const Association& association, std::uint32_t keep_alive_ms) {
  // This project's own target ends the commands of a controller before it takes a new one of the same host.
  if (association.controller().model.starts_with("zonecopy")) return 0;
  constexpr std::int64_t keep_alives = 3;
  return keep_alives * keep_alive_ms + association.controller().quiesce_time_ms;
}

}  // namespace

Link::Link(EventLoop& loop, std::unique_ptr<Dialer> dialer, Admission& admission, LinkOptions options)
    : loop_(loop), dialer_(std::move(dialer)), admission_(admission), options_(std::move(options)) {}

Task<Status> Link::open() {
  const Status opened = co_await attempt();
  if (opened) loop_.spawn(keep_connected());
  co_return opened;
}

/// One try to get an association.
Task<Status> Link::attempt() {
  auto association = std::make_shared<Association>(loop_, *dialer_, options_.association);
  opening_ = association;
  CancelToken done;
  Gate limiting;
  loop_.spawn(limit_attempt(association, &done, &limiting));
  Status opened = co_await association->open();
  if (opened) opened = co_await admission_.admit(*association);
  if (opened && association->reason()) opened = *association->reason();
  done.request();
  Event& limit_ended = limiting.drained();
  co_await limit_ended;
  opening_.reset();
  if (opened && !closing_.requested()) {
    association_ = association;
    given_up_ = false;
    changed_.set();
    co_return opened;
  }
  const bool ended_in_order = co_await association->end();
  static_cast<void>(ended_in_order);
  if (opened) co_return Error(ECANCELED, "connect");
  co_return opened;
}

Task<void> Link::limit_attempt(std::shared_ptr<Association> association, const CancelToken* done, Gate* gate) {
  const GatePass pass(*gate);
  co_await sleep_until(loop_, monotonic_now_ns() + options_.connect_limit_ms * ns_per_ms, done);
  if (done->requested()) co_return;
  association->abort(Error(
      ETIMEDOUT, "connect",
      fmt::format("the target took the connection, but was not ready within {} s", options_.connect_limit_ms / 1000)));
}

/// Runs as long as the link, or until the first loss where that is for good.
Task<void> Link::keep_connected() {
  const GatePass pass(work_);
  while (association_) {  // each has to be ended, one too that came when the link was being closed
    const std::shared_ptr<Association> association = association_;
    Event& lost = association->lost();
    co_await lost;
    changed_.reset();
    association_.reset();
    last_failure_ = association->reason();
    given_up_ = options_.reconnect_ms == 0;
    const bool stopped = co_await association->end();
    note_loss(*association, stopped);
    if (options_.reconnect_ms == 0) break;
    if (!closing_.requested()) co_await replace();
  }
}

void Link::note_loss(const Association& association, bool stopped) {
  if (stopped || changes_.inside() == 0) return;
  const std::int64_t quiet_ms = quiet_after_ms(association, options_.association.keep_alive_ms);
  quiet_from_ns_ = std::max(quiet_from_ns_, monotonic_now_ns() + quiet_ms * ns_per_ms);
}

/// Tries until there is an association again, or the link is closed.
Task<void> Link::replace() {
  CancelToken over;
  Gate limiting;
  loop_.spawn(limit_outage(&over, &limiting));
  std::uint32_t pause_ms = options_.pause_first_ms;
  while (!closing_.requested()) {
    const Status opened = co_await attempt();
    if (opened) break;
    last_failure_ = opened.error();
    co_await sleep_until(loop_, monotonic_now_ns() + pause_ms * ns_per_ms, &closing_);
    pause_ms = std::min(pause_ms * 2, options_.pause_max_ms);
  }
  over.request();
  Event& limit_ended = limiting.drained();
  co_await limit_ended;
}

/// Lets go of the commands that wait when the outage has become too long.
Task<void> Link::limit_outage(const CancelToken* over, Gate* gate) {
  const GatePass pass(*gate);
  co_await sleep_until(loop_, monotonic_now_ns() + options_.reconnect_ms * ns_per_ms, over);
  if (over->requested()) co_return;
  given_up_ = true;
  changed_.set();
}

Task<Result<std::shared_ptr<Association>>> Link::wait() {
  while (!association_ && !given_up_ && !closing_.requested()) co_await changed_;
  if (closing_.requested()) co_return Error(ENOTCONN, "connect", "the device is being closed");
  if (association_) co_return association_;
  const std::string why = last_failure_->to_string();
  if (options_.reconnect_ms == 0) co_return Error(ENOTCONN, "connect", "the connection to the target was lost: " + why);
  co_return Error(ENOTCONN, "connect",
                  fmt::format("the connection to the target was lost, and did not come back within {} s: {}",
                              options_.reconnect_ms / 1000, why));
}

bool Link::quiet() const { return monotonic_now_ns() >= quiet_from_ns_; }

Task<void> Link::wait_quiet() { co_await sleep_until(loop_, quiet_from_ns_, &closing_); }

Task<void> Link::close() {
  closing_.request();
  changed_.set();
  if (opening_) opening_->abort(Error(ECANCELED, "connect"));
  const std::shared_ptr<Association> association = association_;
  if (association) association->lose(Error(ECANCELED, "connection", "it was closed"));
  Event& quiet = work_.drained();
  co_await quiet;
  association_.reset();
}

}  // namespace zonecopy::remote
