/**
 * The frame of every program's command line: help, version, messages and exit codes. Imports
 * picocli, which each program brings along.
 */
@NullMarked
package io.llamamesh.cli;

import org.jspecify.annotations.NullMarked;
