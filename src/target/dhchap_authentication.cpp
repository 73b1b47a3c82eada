#include "src/target/dhchap_authentication.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/dhchap_controller.h"

namespace zonecopy::target {
namespace {

namespace fabrics = nvme::fabrics;
namespace dhchap = nvme::fabrics::dhchap;

class DhchapAuthentication final : public Authentication {
 public:
  DhchapAuthentication(std::shared_ptr<const Secrets> secrets, dhchap::ControllerSide side)
      : secrets_(std::move(secrets)), side_(std::move(side)) {
    begin();
  }

  nvme::StatusCode take(std::span<const std::byte> message) override {
    if (!answer_.empty()) return fabrics::status::command_sequence_error;
    // A host may prove itself again at any time. Meanwhile it is who it was.
    if (done_ && !again_) begin();
    again_ = done_;
    const dhchap::Step step = transaction_->receive(message);
    answer_ = step.send;
    outcome_ = step.outcome;
    if (step.outcome == dhchap::Outcome::failed) note_failure(step);
    settle();
    return 0;
  }

  nvme::StatusCode give(std::span<std::byte> message) override {
    if (answer_.empty()) return fabrics::status::command_sequence_error;
    if (message.size() < answer_.size()) return fabrics::status::invalid_field;
    std::copy(answer_.begin(), answer_.end(), message.begin());
    answer_.clear();
    settle();
    return 0;
  }

  [[nodiscard]] bool done() const override { return done_; }
  [[nodiscard]] bool failed() const override { return failed_; }

 private:
  void begin() { transaction_.emplace(side_, secrets_->randomness); }

  /// The end counts once the host has been told.
  void settle() {
    if (!answer_.empty()) return;
    if (outcome_ == dhchap::Outcome::going_on) return;
    failed_ = outcome_ == dhchap::Outcome::failed;
    done_ = !failed_;
    again_ = false;
  }

  void note_failure(const dhchap::Step& step) const {
    if (!secrets_->log) return;
    secrets_->log(fmt::format("host {}: {}: {}", one_line(side_.parties.host_nqn),
                              step.peer_failed ? "it refuses the controller" : "it did not prove who it is",
                              dhchap::to_string(step.failure.value_or(dhchap::Failure::failed))));
  }

  std::shared_ptr<const Secrets> secrets_;
  dhchap::ControllerSide side_;
  std::optional<dhchap::Controller> transaction_;
  fabrics::Bytes answer_;  ///< for the next Authentication Receive
  dhchap::Outcome outcome_ = dhchap::Outcome::going_on;
  bool again_ = false;  ///< a transaction after the first is under way
  bool done_ = false;
  bool failed_ = false;
};

/// The key of a name for its use; nothing where there is none, or memory for it.
std::optional<Secret> secret_of(const fabrics::Key* key, const std::string& nqn) {
  if (key == nullptr) return std::nullopt;
  Result<Secret> secret = fabrics::transformed(*key, nqn);
  return secret ? std::optional(std::move(*secret)) : std::nullopt;
}

}  // namespace

AuthenticationFactory authenticate_with(Secrets secrets) {
  auto shared = std::make_shared<const Secrets>(std::move(secrets));
  return [shared](const fabrics::ConnectData& data, std::uint16_t) -> std::unique_ptr<Authentication> {
    if (data.subsystem_nqn == fabrics::discovery_nqn) return nullptr;
    dhchap::ControllerSide side;
    side.parties = {data.host_nqn, data.subsystem_nqn};
    side.host_key = secret_of(shared->keys.key_of(data.host_nqn), data.host_nqn);
    side.own_key = secret_of(shared->keys.own_key_of(data.subsystem_nqn), data.subsystem_nqn);
    return std::make_unique<DhchapAuthentication>(shared, std::move(side));
  };
}

}  // namespace zonecopy::target
