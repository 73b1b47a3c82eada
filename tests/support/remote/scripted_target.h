// A target of NVMe/TCP that a test controls: it serves namespaces over socket pairs, one after the other for as many
// connections as a host makes, and does what a script says with any command. Everything else it does right.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/device/remote/association.h"
#include "src/nvme/fabrics/identify_encode.h"
#include "src/target/namespace.h"
#include "src/tcp/pdu_stream.h"

namespace zonecopy::test {

/// What becomes of one command.
enum class Answer : std::uint8_t {
  right,
  status,        ///< refused, with Script::status
  never,         ///< nothing is said; the connection stays
  cut_before,    ///< the connection ends, and nothing is carried out
  cut_part,      ///< a part of it is carried out, of one that writes, and the connection ends without an answer
  cut_after,     ///< it is carried out, and the connection ends without an answer
  wrong_id,      ///< the answer names a command that there is not
  twice,         ///< the answer comes a second time
  short_data,    ///< the last bytes of the data for the host are missing
  data_behind,   ///< the data for the host begins at a wrong offset
  foreign_data,  ///< data comes for a command that there is not
  ready_behind,  ///< an R2T asks for data that there is not
  ready_twice,   ///< two R2Ts at once
  no_ready,      ///< success, although no data was taken
  terminate,     ///< a termination PDU
  garbage,       ///< bytes that are no PDU
  bad_digest,    ///< the digest of the data is wrong (of a target with data digests)
};

struct Script {
  /// By command and queue; where there is none, everything is right.
  std::function<Answer(const nvme::Command&, std::uint16_t queue_id)> answer;
  /// Called with each command that was carried out.
  std::function<void(const nvme::Command&)> carried_out;
  nvme::StatusCode status = 0x006;
  std::uint32_t refuse_connections = 0;  ///< so many are refused from now on (ECONNREFUSED)
  nvme::fabrics::IcResponse ic;
  nvme::fabrics::Digests digests_had{true, true};  ///< the digests that it takes where they are asked for
  std::uint32_t ready_max_bytes = 8192;            ///< of one R2T
  std::uint32_t data_max_bytes = 5000;             ///< of one C2HData PDU
  bool success_flag = true;                        ///< the last C2HData is the answer too
  nvme::fabrics::ControllerIdentity identity;
  bool several_command_sets = true;   ///< CAP.CSS
  std::uint32_t not_ready_polls = 1;  ///< so often CSTS.RDY is not yet what CC.EN says
  std::array<std::byte, 16> nguid{std::byte{7}};
  bool write_protected = false;      ///< NSATTR
  std::uint64_t connect_result = 0;  ///< or-ed to what Connect answers
  std::uint64_t part_seed = 0;       ///< how much is a part
};

class ScriptedTarget final : public remote::Dialer {
 public:
  ScriptedTarget(EventLoop& loop, std::vector<target::Namespace*> namespaces);
  /// end() has to come before.
  ~ScriptedTarget() override = default;

  Task<Result<FileDescriptor>> dial() override;
  /// Cuts all connections.
  void cut();
  /// Cuts the connection that was made last.
  void cut_newest();
  /// Cuts all connections and waits for what is under way.
  Task<void> end();

  Script script;
  std::uint32_t connections = 0;                ///< that were made
  std::map<std::uint8_t, std::uint32_t> taken;  ///< I/O commands that came, by opcode

 private:
  struct Peer;
  struct Request;
  Task<void> serve(std::shared_ptr<Peer> peer);
  Task<bool> shake_hands(Peer& peer);
  Task<bool> take_command(const std::shared_ptr<Peer>& peer, tcp::ReceivedPdu pdu);
  Task<bool> take_data(const std::shared_ptr<Peer>& peer, tcp::ReceivedPdu pdu);
  Task<void> ask_for_data(Peer& peer, Request& request);
  Task<void> run(std::shared_ptr<Peer> peer, std::shared_ptr<Request> request);
  Task<target::Outcome> carry_out(Peer& peer, Request& request);
  void cut_short(Request& request);
  target::Outcome fabrics_command(Peer& peer, Request& request);
  target::Outcome admin_command(Request& request);
  Task<void> answer(Peer& peer, Request& request, target::Outcome outcome);
  Task<void> send_data(Peer& peer, Request& request, bool with_success);
  [[nodiscard]] target::Namespace* find(std::uint32_t nsid) const;

  EventLoop& loop_;
  std::vector<target::Namespace*> namespaces_;
  std::vector<std::weak_ptr<Peer>> peers_;
  std::uint16_t next_controller_ = 1;
  std::map<std::uint16_t, std::uint32_t> configurations_;  ///< CC, by controller
  std::map<std::uint16_t, std::uint32_t> polls_;
  Gate running_;  ///< commands that are being carried out
  Gate work_;
};

/// The identity that a script begins with.
nvme::fabrics::ControllerIdentity usual_identity();

}  // namespace zonecopy::test
