# Options that every target of ours shares.
add_library(gw_options INTERFACE)
target_compile_features(gw_options INTERFACE cxx_std_20)
target_compile_options(gw_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ reports maybe-uninitialized inside optimised coroutine frames (GCC bug 105562 and kin).
  target_compile_options(gw_options INTERFACE -Wno-maybe-uninitialized)
endif()
if(GW_SANITIZE)
  target_compile_options(gw_options INTERFACE -fsanitize=${GW_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(gw_options INTERFACE -fsanitize=${GW_SANITIZE})
  if(GW_SANITIZE MATCHES "undefined")
    # The vptr check reads memory through a pipe: out of file descriptors, which a test makes happen, it reports
    # every object.
    target_compile_options(gw_options INTERFACE -fno-sanitize=vptr)
    # What clang 14 puts before a function for this check cannot stand before the parts of a coroutine (LLVM issue 49689).
    target_compile_options(gw_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  endif()
  if(GW_SANITIZE MATCHES "thread")
    # Asio's fences are not seen by ThreadSanitizer; its own locks and atomics are.
    target_compile_options(gw_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    target_compile_definitions(gw_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

# gw_module(routing DEPENDS base config LIBS simdjson::simdjson [PCH header | PCH_OF module]): one static library a
# folder, its arrows stated once.
# tests/check_dependencies.py holds the #include lines against the order of design section 10.
function(gw_module name)
  cmake_parse_arguments(arg "" "PCH_OF" "DEPENDS;LIBS;PCH" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  list(TRANSFORM arg_DEPENDS PREPEND gw_)
  if(sources)
    add_library(gw_${name} STATIC ${sources})
    target_include_directories(gw_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(gw_${name} PUBLIC gw_options ${arg_DEPENDS} ${arg_LIBS})
    if(arg_PCH)
      target_precompile_headers(gw_${name} PRIVATE ${arg_PCH})
    elseif(arg_PCH_OF)
      target_precompile_headers(gw_${name} REUSE_FROM gw_${arg_PCH_OF})
    endif()
  else()
    add_library(gw_${name} INTERFACE)
    target_include_directories(gw_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(gw_${name} INTERFACE gw_options ${arg_DEPENDS} ${arg_LIBS})
  endif()
endfunction()
