/**
 * UDP sockets with what a measurement needs: arrival stamps, ToS both ways, the address that was
 * probed, queued errors and overflow counts; imports nothing but {@code java.*}.
 */
@NullMarked
package io.llamamesh.agent.net;

import org.jspecify.annotations.NullMarked;
