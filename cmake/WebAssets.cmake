# gw_web_assets: what `npm run build` left in GW_WEB_DIST, with gzip forms, as one generated table. Without a built web
# part the library holds a page that says so, so that a development build needs no Node.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(GLOB_RECURSE web_files CONFIGURE_DEPENDS ${GW_WEB_DIST}/*)
set(web_source ${CMAKE_BINARY_DIR}/generated/web_assets.cpp)
add_custom_command(
  OUTPUT ${web_source}
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/cmake/embed_web.py ${GW_WEB_DIST} ${web_source}
  DEPENDS ${CMAKE_SOURCE_DIR}/cmake/embed_web.py ${web_files}
  VERBATIM)
add_library(gw_web_assets STATIC ${web_source})
target_include_directories(gw_web_assets PRIVATE ${CMAKE_SOURCE_DIR}/src)
target_compile_features(gw_web_assets PRIVATE cxx_std_20)
