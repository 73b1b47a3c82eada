#include "src/target/request.h"

namespace zonecopy::target {

void RequestTable::grow(std::uint32_t entries) {
  requests_.reserve(entries);
  free_.reserve(entries);
  while (requests_.size() < entries) {
    requests_.push_back(std::make_unique<Request>());
    requests_.back()->tag = static_cast<std::uint16_t>(requests_.size() - 1);
    free_.push_back(requests_.back().get());
  }
}

Request* RequestTable::take() {
  if (free_.empty()) {
    released_.reset();
    return nullptr;
  }
  Request* const request = free_.back();
  free_.pop_back();
  request->data = {};
  request->path = DataPath::none;
  request->awaits_data = request->digest_wrong = false;
  request->received_bytes = 0;
  request->arrived.reset();
  return request;
}

void RequestTable::release(Request& request) {
  request.loan = {};
  request.portion = {};
  request.data = {};
  request.awaits_data = false;
  free_.push_back(&request);
  released_.set();
}

Request* RequestTable::find_waiting(std::uint16_t tag, std::uint16_t command_id) const {
  if (tag >= requests_.size()) return nullptr;
  Request& request = *requests_[tag];
  return request.awaits_data && request.entry.command_id == command_id ? &request : nullptr;
}

}  // namespace zonecopy::target
