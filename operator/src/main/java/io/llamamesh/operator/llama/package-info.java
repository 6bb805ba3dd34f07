/**
 * The importer of LLAMA's configurations: subcommand {@code import}, which prints a mesh. Imports
 * {@code .plan} for its checks, and nothing else of ours.
 */
@NullMarked
package io.llamamesh.operator.llama;

import org.jspecify.annotations.NullMarked;
