// The link to a target: one association after another. When one is lost it is replaced, for as long as the link lives.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "src/device/remote/association.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/sync.h"

namespace zonecopy::remote {

/// Looks at each association before it is used: a target that comes back may be another one.
class Admission {
 public:
  virtual Task<Status> admit(Association& association) = 0;

 protected:
  ~Admission() = default;
};

struct LinkOptions {
  AssociationOptions association;
  std::uint32_t reconnect_ms = 30'000;      ///< how long commands wait for the target to come back
  std::uint32_t connect_limit_ms = 10'000;  ///< for all that makes an association
  std::uint32_t pause_first_ms = 100;       ///< between two attempts; it grows
  std::uint32_t pause_max_ms = 3'000;
};

class Link {
 public:
  /// `admission` must outlive close().
  Link(EventLoop& loop, std::unique_ptr<Dialer> dialer, Admission& admission, LinkOptions options);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  /// close() has to come before, wherever open() was called.
  ~Link() = default;

  /// Connects for the first time: an error is final. Afterwards, or after an error, close() is due.
  Task<Status> open();
  /// Ends everything. No command may be under way.
  Task<void> close();

  /// The association to send commands to; null while there is none.
  [[nodiscard]] const std::shared_ptr<Association>& now() const { return association_; }
  /// Waits until there is one, if that may be soon. The error says since when there is none, and why.
  Task<Result<std::shared_ptr<Association>>> wait();
  /// Whether no command that an association before this one may have left at the target can be carried out any more.
  [[nodiscard]] bool quiet() const;
  /// Waits until then.
  Task<void> wait_quiet();

  /// How many commands are under way that may change zones: while there are any, a loss is followed by a wait.
  Gate& changes() { return changes_; }

 private:
  Task<void> keep_connected();
  Task<Status> attempt();
  Task<void> replace();
  Task<void> limit_attempt(std::shared_ptr<Association> association, const CancelToken* done, Gate* gate);
  Task<void> limit_outage(const CancelToken* over, Gate* gate);
  void note_loss(const Association& association, bool stopped);

  EventLoop& loop_;
  std::unique_ptr<Dialer> dialer_;
  Admission& admission_;
  LinkOptions options_;
  std::shared_ptr<Association> association_;
  std::shared_ptr<Association> opening_;  ///< an attempt that is under way
  std::optional<Error> last_failure_;     ///< of the outage that there is, or was last
  bool given_up_ = false;                 ///< the outage is longer than commands wait
  Event changed_;                         ///< set when there is an association, or given_up_
  std::int64_t quiet_from_ns_ = 0;
  CancelToken closing_;
  Gate changes_;
  Gate work_;
};

}  // namespace zonecopy::remote
