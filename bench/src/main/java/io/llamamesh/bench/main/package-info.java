/**
 * The command {@code bench} and its subcommands' list; the only package here that exits. Each
 * subcommand lives in a package of its own ({@code .reflector}, {@code .collector}, {@code
 * .accuracy}, {@code .memory}, {@code .operator}, {@code .scraper}, …) and is named in {@link
 * io.llamamesh.bench.main.BenchMain}; those packages don't import each other or this one.
 */
@NullMarked
package io.llamamesh.bench.main;

import org.jspecify.annotations.NullMarked;
