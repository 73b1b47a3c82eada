#include "src/device/nvme/cross_namespace.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/nvme/copy_format.h"

namespace zonecopy::nvme {

CrossNamespace::CrossNamespace(Facts facts, ControllerTable& table, bool wanted, bool writes)
    : facts_(std::move(facts)),
      table_(table),
      wanted_(wanted),
      takes_part_(wanted && has_format(facts_.controller.copy_formats, CopyFormat::across)),
      writes_(writes) {
  look_for_controllers();
  if (!takes_part_) return;
  for (const auto& [path, controller] : controllers_) controller->enable_if_useful();
}

CrossNamespace::~CrossNamespace() {
  if (!takes_part_) return;
  for (const auto& [path, controller] : controllers_) controller->leave(writes_);
}

/// Joins those that are new, and leaves those that are gone. One that only resets is not gone.
void CrossNamespace::look_for_controllers() {
  const Result<std::vector<std::string>> paths = facts_.controllers();
  not_found_ = paths ? "" : paths.error().to_string();
  if (!paths) return;
  Controllers found;
  for (const std::string& path : *paths) {
    const auto known = controllers_.find(path);
    found[path] = known == controllers_.end() ? table_.find(path) : known->second;
    if (takes_part_ && known == controllers_.end()) found[path]->join(writes_);
  }
  for (const auto& [path, controller] : controllers_) {
    if (takes_part_ && !found.contains(path)) controller->leave(writes_);
  }
  controllers_ = std::move(found);
}

void CrossNamespace::begins_to_write() {
  if (writes_ || !takes_part_) return;
  for (const auto& [path, controller] : controllers_) controller->leave(writes_);
  writes_ = true;
  for (const auto& [path, controller] : controllers_) {
    controller->join(writes_);
    controller->enable_if_useful();
  }
}

std::string CrossNamespace::objection(const CrossNamespace& source) const {
  std::string why = objection_of_place(source);
  if (!why.empty()) return why;
  if (!wanted_ || !source.wanted_) return "option cross-namespace=off";
  why = why_no_copy_across(facts_.controller, facts_.space, source.facts_.space);
  if (!why.empty()) return why;
  for (const auto& [path, controller] : controllers_) {
    if (!controller->objection().empty()) return controller->objection();
  }
  const auto refusal = refusals_.find(source.facts_.nsid);
  return refusal == refusals_.end() ? std::string() : refusal->second;
}

/// The kernel gives the command to any controller of the destination, which must be one of the source too.
std::string CrossNamespace::objection_of_place(const CrossNamespace& source) const {
  if (!not_found_.empty()) return not_found_;
  if (!source.not_found_.empty()) return source.not_found_;
  if (controllers_.empty()) return fmt::format("no controller of {} is there", facts_.path);
  const auto reaches_source = [&source](const auto& entry) { return source.controllers_.contains(entry.first); };
  const auto common = std::count_if(controllers_.begin(), controllers_.end(), reaches_source);
  if (common == 0) {
    return fmt::format("{} and {} are not namespaces of one controller", source.facts_.path, facts_.path);
  }
  if (static_cast<std::size_t>(common) == controllers_.size()) return {};
  return fmt::format("a controller of {} does not have {}", facts_.path, source.facts_.path);
}

Task<bool> CrossNamespace::enable_again(EventLoop& loop, CrossNamespace& source) {
  look_for_controllers();
  source.look_for_controllers();
  const Controllers controllers = controllers_;
  for (const auto& entry : controllers) {
    SharedController& controller = *entry.second;
    co_await controller.enable_again(loop);
  }
  co_return objection(source).empty();
}

void CrossNamespace::note_refusal(const CrossNamespace& source, const Error& error) {
  if (!objection(source).empty()) return;  // it could not be enabled again: that is the reason, and may change
  refusals_[source.facts_.nsid] =
      fmt::format("the drive has refused copies from {} for good: {}", source.facts_.path, error.to_string());
}

}  // namespace zonecopy::nvme
