// JSON output of the subcommands, errors included.
#pragma once

#include <nlohmann/json.hpp>

#include "zonecopy/result.h"

namespace zonecopy::tools {

using Json = nlohmann::ordered_json;

/// Prints on standard output. Bytes that are no UTF-8 are replaced.
void print_json(const Json& json);

/// Adds the members "error", a text for a person, and "errno", its name. Both are null if `error` is.
void add_error(Json& json, const Error* error);

/// Reports an error: one line on standard error and, with `json`, an object with the two members above on standard
/// output. Returns the exit status.
int refuse(const Error& error, bool json);

}  // namespace zonecopy::tools
