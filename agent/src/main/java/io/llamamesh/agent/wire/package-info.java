/**
 * The probe as bytes: LLAMA's protobuf message and our field in it; imports nothing but {@code
 * java.*}.
 */
@NullMarked
package io.llamamesh.agent.wire;

import org.jspecify.annotations.NullMarked;
