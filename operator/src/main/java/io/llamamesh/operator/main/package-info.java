/**
 * The program: command line, environment, log and health server, wired to what does the work. The
 * only place that reads the environment or exits; nobody imports it.
 */
@NullMarked
package io.llamamesh.operator.main;

import org.jspecify.annotations.NullMarked;
