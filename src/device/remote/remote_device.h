// A namespace across the network as a device. Its commands go over a link that is connected again when it is lost, and
// what was under way then is settled: reads are sent again, and of what changes a zone the zone itself tells how much of it
// was carried out (settlement.h), so that nothing is written twice, and nothing is taken for written that is not.
//
// settle.cpp has the latter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "src/device/namespace/namespace_device.h"
#include "src/device/remote/claim.h"
#include "src/device/remote/link.h"
#include "src/device/remote/namespace_identity.h"
#include "src/device/remote/settlement.h"

namespace zonecopy::remote {

class RemoteDevice final : public nvme::NamespaceDevice {
 public:
  struct Parts {
    std::unique_ptr<Link> link;                     ///< open
    std::unique_ptr<SameNamespace> same_namespace;  ///< the link's admission
    Claim claim;
    bool copy_across = false;  ///< copies between namespaces are wanted
  };
  RemoteDevice(EventLoop& loop, nvme::NamespaceFacts facts, Parts parts);
  /// Closes the link: it runs the loop for that, unless the loop is running already. Then the link ends by itself.
  ~RemoteDevice() override;

  [[nodiscard]] DeviceIdentity identity() const override;
  [[nodiscard]] CopyRoute copy_route(const ZonedDevice& source) const override;
  Status make_writable() override;

 private:
  Task<nvme::Completion> submit(nvme::Command command) override;
  Task<nvme::Completion> submit_copy(nvme::Command command, nvme::NamespaceDevice& source) override;
  void note_refusal_across(nvme::NamespaceDevice& source, const Error& error) override;

  Task<bool> reaches(const RemoteDevice& source);
  Task<nvme::Completion> send(nvme::Command command);
  Task<nvme::Completion> send_repeatable(nvme::Command command);
  Task<nvme::Completion> send_change(nvme::Command command, Change change);
  Task<nvme::Completion> send_data(nvme::Command command, Change change, std::optional<Lba> pointer_lba);
  Task<nvme::Completion> send_copy(nvme::Command command, Change change);
  Task<nvme::Completion> send_action(nvme::Command command, Change change, std::optional<Lba> pointer_lba);
  Task<Result<Lba>> find_pointer(ZoneIndex zone);
  Task<Result<Judgement>> settle(Change change, std::optional<Lba> pointer_lba);
  Task<Status> check_landed(nvme::Command command, Lba first_lba, std::uint64_t blocks);
  Task<Status> check_copied(nvme::Command command, std::uint64_t blocks);
  Task<Status> read_from(std::uint32_t nsid, Lba lba, std::span<std::byte> data);
  void note(const nvme::Completion& completion, const Change& change);

  Parts parts_;
  std::unordered_map<ZoneIndex, Lba> pointers_;  ///< write pointers that are known
  std::unordered_set<std::uint32_t> reached_;    ///< NSIDs that were found to be the same namespace at this controller
  std::unordered_map<std::uint32_t, std::string> refusals_;  ///< of copies from another namespace, by its NSID
};

}  // namespace zonecopy::remote
