#include "src/device/remote/namespace_identity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/status.h"
#include "zonecopy/buffer.h"

namespace zonecopy::remote {
namespace {

namespace fabrics = nvme::fabrics;
using nvme::identify_size_bytes;

constexpr std::size_t names_listed_max = 16;

/// Whether Identify gave an answer, or the error why not. A status is an answer: the controller has nothing to tell.
struct Answer {
  bool told = false;
  std::optional<Error> error;
};

Task<Answer> identify(Association& association, std::uint32_t nsid, std::uint8_t cns, std::uint8_t command_set,
                      std::span<std::byte> data) {
  Answer answer;
  const Result<nvme::Command> command = nvme::identify(nsid, cns, command_set, data);
  if (!command) {
    answer.error = command.error();
    co_return answer;
  }
  const nvme::Completion completion = co_await association.admin(*command);
  answer.told = completion.result == 0;
  if (completion.result == result_lost) {
    answer.error = association.reason().value_or(Error(ENOTCONN, "identify", "the connection was lost"));
  } else if (completion.result != 0) {
    answer.error = nvme::make_error(completion.result, "identify");
  }
  co_return answer;
}

bool all_zeros(const std::array<std::byte, 16>& id) {
  return std::all_of(id.begin(), id.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

std::string hexadecimal(const std::array<std::byte, 16>& id) {
  std::string text;
  for (const std::byte byte : id) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

/// What would have to be another device, were it different.
bool same_form(const nvme::NamespaceFacts& one, const nvme::NamespaceFacts& other) {
  return one.info.block_size_bytes == other.info.block_size_bytes && one.info.zone_count == other.info.zone_count &&
         one.info.zone_size_blocks == other.info.zone_size_blocks;
}

}  // namespace

Error SameNamespace::make_error(int code, std::string detail) const {
  Error error(code, "open", std::move(detail));
  return error.on_device(path_);
}

Task<Status> SameNamespace::admit(Association& association) {
  if (!nsid_) {
    const Result<std::uint32_t> only = co_await only_namespace(association);
    if (!only) co_return only.error();
    nsid_ = *only;
  }
  Result<FoundNamespace> found = co_await look(association, *nsid_);
  if (!found) co_return found.error();
  copy_across_objection_ = association.copy_across_objection();
  if (!found_) {
    found_ = std::move(*found);
    co_return Status();
  }
  const nvme::NamespaceFacts& before = found_->facts;
  if (found->identity != found_->identity || !same_form(found->facts, before)) {
    co_return make_error(ESTALE, fmt::format("the target came back with another namespace {}: {}, where {} was", *nsid_,
                                             found->identity, found_->identity));
  }
  // Commands are made by the limits that were found first.
  if (found->facts.target.command_max_bytes < before.target.command_max_bytes ||
      found->facts.target.append_max_bytes < before.target.append_max_bytes) {
    co_return make_error(ESTALE, "the target came back with smaller limits (MDTS, ZASL)");
  }
  co_return Status();
}

Task<Result<std::uint32_t>> SameNamespace::only_namespace(Association& association) const {
  const Buffer data(identify_size_bytes);
  const Answer answer = co_await identify(association, 0, fabrics::cns_active_namespaces, 0, data.span());
  if (answer.error) co_return *answer.error;
  const std::vector<std::uint32_t> nsids = fabrics::decode_namespace_list(data.span());
  if (nsids.size() == 1) co_return nsids.front();
  if (nsids.empty()) co_return make_error(ENXIO, "the subsystem has no namespace that this host may see");
  const bool many = nsids.size() > names_listed_max;
  const std::span<const std::uint32_t> listed = std::span(nsids).first(std::min(nsids.size(), names_listed_max));
  co_return make_error(EINVAL, fmt::format("the subsystem has {} namespaces, nsid {}{}; say which by ?nsid=N",
                                           nsids.size(), fmt::join(listed, ", "), many ? ", ..." : ""));
}

Task<Result<FoundNamespace>> SameNamespace::look(Association& association, std::uint32_t nsid) const {
  const Buffer buffer(4 * identify_size_bytes);
  const auto part = [&buffer](std::size_t number) {
    return buffer.span().subspan(number * identify_size_bytes, identify_size_bytes);
  };
  const Answer space = co_await identify(association, nsid, nvme::cns_namespace, 0, part(0));
  if (space.error) {
    Error error = *space.error;
    co_return error.nvme_status()
        ? make_error(ENXIO, fmt::format("the target tells of no namespace {}: {}", nsid, error.to_string()))
        : error;
  }
  const std::uint8_t zoned = nvme::command_set_zoned;
  const Answer zoned_space = co_await identify(association, nsid, nvme::cns_command_set_namespace, zoned, part(1));
  const Answer zoned_side = co_await identify(association, nsid, nvme::cns_command_set_controller, zoned, part(2));
  const Answer nvm_side =
      co_await identify(association, nsid, nvme::cns_command_set_controller, nvme::command_set_nvm, part(3));
  if (association.reason()) co_return *association.reason();
  nvme::IdentifyAnswers answers{association.identify_data(), part(0), {}, {}, {}};
  if (zoned_space.told) answers.zoned_space = part(1);
  if (zoned_side.told) answers.zoned_controller = part(2);
  if (nvm_side.told) answers.nvm_controller = part(3);
  const std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
  Result<nvme::NamespaceFacts> facts = nvme::describe_namespace(path_, nsid, answers, no_limit);
  if (!facts) co_return facts.error();
  FoundNamespace found{std::move(*facts), {}};
  found.identity = co_await identity_of(association, nsid);
  if (association.reason()) co_return *association.reason();
  co_return found;
}

Task<std::string> SameNamespace::identity_of(Association& association, std::uint32_t nsid) const {
  const Buffer data(identify_size_bytes);
  const Answer answer = co_await identify(association, nsid, fabrics::cns_namespace_descriptors, 0, data.span());
  if (answer.told) {
    const fabrics::NamespaceDescriptors descriptors = fabrics::decode_descriptors(data.span());
    if (descriptors.uuid && !all_zeros(*descriptors.uuid)) co_return "uuid:" + hexadecimal(*descriptors.uuid);
    if (descriptors.nguid && !all_zeros(*descriptors.nguid)) co_return "nguid:" + hexadecimal(*descriptors.nguid);
  }
  co_return fmt::format("{}/{}", subsystem_nqn_, nsid);
}

}  // namespace zonecopy::remote
