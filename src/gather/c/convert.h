// The structures of the C interface, from and to those of C++.
#pragma once

#include <optional>
#include <vector>

#include "src/gather/c/handles.h"

namespace zonecopy::gather::c {

/// An element of an array whose elements are as long as the first says. Later versions of the library may know longer
/// ones than the caller's, and earlier ones shorter.
template <typename T>
T& element(T* first, std::size_t index) {
  const std::size_t bytes = first->struct_size;
  using Byte = std::conditional_t<std::is_const_v<T>, const std::byte, std::byte>;
  return *reinterpret_cast<T*>(reinterpret_cast<Byte*>(first) + index * bytes);
}

Result<std::vector<GatherRange>> ranges_of(const zonecopy_range* ranges, std::size_t count);
Result<std::vector<GatherDestination>> destinations_of(const zonecopy_destination* destinations, std::size_t count);
/// `options` may be null.
Result<GatherOptions> options_of(const zonecopy_options* options);
/// EINVAL where there are results, and they are not as long as they should be.
Status check_results(const zonecopy_result* results);

void put_report(const GatherReport& report, std::size_t range_count, zonecopy_result& result);
/// For a gather that has touched nothing.
void put_refusal(const Error& error, std::size_t range_count, zonecopy_result& result);
void put_plan(const GatherPlan& from, zonecopy_plan& plan);

}  // namespace zonecopy::gather::c
