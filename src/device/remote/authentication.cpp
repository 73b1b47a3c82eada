#include "src/device/remote/authentication.h"

#include <fmt/format.h>

#include "src/device/namespace/namespace_device.h"
#include "src/nvme/error_status.h"
#include "src/nvme/fabrics/connect.h"
#include "src/nvme/fabrics/dhchap_command.h"
#include "src/tcp/key_file.h"

namespace zonecopy::remote {
namespace {

namespace fabrics = nvme::fabrics;
namespace dhchap = nvme::fabrics::dhchap;
using nvme::Command;
using nvme::Completion;

Error refused(std::string detail) { return Error(EACCES, "authenticate", std::move(detail)); }

/// The key of `nqn` in a file, made its own.
Result<Secret> key_in(const std::string& path, const std::string& nqn) {
  const Result<fabrics::KeyList> keys = tcp::read_key_file(path);
  if (!keys) return keys.error();
  const fabrics::Key* const key = keys->key_of(nqn);
  if (key != nullptr) return fabrics::transformed(*key, nqn);
  return Error(EINVAL, "read keys", fmt::format("there is no key in it for {}, nor one without a name", nqn))
      .on_device(path);
}

Error as_error(const Completion& completion, const char* operation) {
  if (completion.result == result_lost) return Error(ENOTCONN, operation, "the connection was lost");
  return nvme::make_error(completion.result, operation);
}

Task<Status> send(Connection& connection, fabrics::Bytes message) {
  Command command = dhchap::send_command(static_cast<std::uint32_t>(message.size()));
  command.addr = reinterpret_cast<std::uintptr_t>(message.data());
  command.data_len = static_cast<std::uint32_t>(message.size());
  const Completion completion = co_await connection.submit(command);
  if (completion.result != 0) co_return as_error(completion, "Authentication Send");
  co_return Status();
}

Task<Result<fabrics::Bytes>> receive(Connection& connection) {
  fabrics::Bytes message(dhchap::message_max_bytes);
  Command command = dhchap::receive_command(static_cast<std::uint32_t>(message.size()));
  command.addr = reinterpret_cast<std::uintptr_t>(message.data());
  command.data_len = static_cast<std::uint32_t>(message.size());
  const Completion completion = co_await connection.submit(command);
  if (completion.result != 0) co_return as_error(completion, "Authentication Receive");
  co_return message;
}

Error failure_error(const dhchap::Step& step) {
  return refused(fmt::format("{}: {}",
                             step.peer_failed ? "the target refuses this host" : "this host refuses the target",
                             dhchap::to_string(step.failure.value_or(dhchap::Failure::failed))));
}

Task<Status> run_transaction(Connection& connection, const dhchap::HostSide* side, std::uint16_t queue_id) {
  // A queue has one transaction in its life, so that its number need only tell it from those of other queues.
  dhchap::Host host(*side, queue_id, system_randomness());
  const Status begun = co_await send(connection, host.begin());
  if (!begun) co_return begun;
  while (true) {
    const Result<fabrics::Bytes> message = co_await receive(connection);
    if (!message) co_return message.error();
    const dhchap::Step step = host.receive(*message);
    if (!step.send.empty()) {
      const Status sent = co_await send(connection, step.send);
      if (!sent && step.outcome != dhchap::Outcome::failed) co_return sent;
    }
    if (step.outcome == dhchap::Outcome::failed) co_return failure_error(step);
    if (step.outcome == dhchap::Outcome::authenticated) co_return Status();
  }
}

}  // namespace

Result<std::shared_ptr<const dhchap::HostSide>> read_secrets(const fabrics::RemoteName& name,
                                                             const std::string& host_nqn) {
  if (name.secret_path.empty()) return std::shared_ptr<const dhchap::HostSide>();
  auto side = std::make_shared<dhchap::HostSide>();
  side->parties = {host_nqn, name.subsystem_nqn};
  const Result<Secret> own = key_in(name.secret_path, host_nqn);
  if (!own) return own.error();
  side->key = *own;
  if (!name.controller_secret_path.empty()) {
    const Result<Secret> controllers = key_in(name.controller_secret_path, name.subsystem_nqn);
    if (!controllers) return controllers.error();
    side->controller_key = *controllers;
  }
  return std::shared_ptr<const dhchap::HostSide>(std::move(side));
}

Task<Status> authenticate(Connection& connection, std::uint64_t connect_result, const dhchap::HostSide* side,
                          std::uint16_t queue_id) {
  if ((connect_result & fabrics::connect_secure_channel_required) != 0) {
    co_return refused("the target demands a secure channel (TLS), which this program has not");
  }
  const bool demanded = (connect_result & fabrics::connect_authentication_required) != 0;
  if (!demanded && side != nullptr && side->controller_key) {
    // Who sits between could otherwise leave out what would give him away.
    co_return refused("ctrl-secret= wants proof from the target, and this one does without authentication");
  }
  if (!demanded) co_return Status();
  if (side == nullptr) {
    co_return refused("the target wants this host to prove who it is: give secret=FILE with the key that it knows");
  }
  const Status proven = co_await run_transaction(connection, side, queue_id);
  co_return proven;
}

}  // namespace zonecopy::remote
