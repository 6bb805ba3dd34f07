/**
 * Bytes of messages and records: bounded readers and writers with LEB128 numbers; imports only
 * {@code java.*}.
 */
@NullMarked
package io.llamamesh.fabric.codec;

import org.jspecify.annotations.NullMarked;
