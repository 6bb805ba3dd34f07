/**
 * The program and its embeddable form: the only place that reads the environment or exits; nothing
 * imports it.
 */
@NullMarked
package io.llamamesh.operator.main;

import org.jspecify.annotations.NullMarked;
