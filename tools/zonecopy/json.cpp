#include "tools/zonecopy/json.h"

#include <fmt/format.h>

#include <cstring>

#include "tools/zonecopy/command.h"

namespace zonecopy::tools {
namespace {

std::string errno_name(int code) {
  const char* name = strerrorname_np(code);
  return name != nullptr ? name : fmt::format("{}", code);
}

}  // namespace

void print_json(const Json& json) { fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace)); }

void add_error(Json& json, const Error* error) {
  json["error"] = error == nullptr ? Json() : Json(error->to_string());
  json["errno"] = error == nullptr ? Json() : Json(errno_name(error->code()));
}

int refuse(const Error& error, bool json) {
  if (json) {
    Json refusal;
    add_error(refusal, &error);
    print_json(refusal);
  }
  return fail(error);
}

}  // namespace zonecopy::tools
