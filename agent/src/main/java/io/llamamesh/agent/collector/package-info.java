/**
 * Probes peers at an even pace, matches their replies, and accounts for every probe in the window
 * in which it was sent; imports {@code .net}, {@code .wire}, {@code .window}, HdrHistogram and
 * nothing but {@code java.*} beside.
 */
@NullMarked
package io.llamamesh.agent.collector;

import org.jspecify.annotations.NullMarked;
