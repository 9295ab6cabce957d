// The circle that counts: part is 0 (empty) to 1 (full).
export function ring(circle, part) {
  if (!circle) return;
  const bounded = Math.max(0, Math.min(1, part));
  circle.setAttribute("stroke-dashoffset", String(100 - bounded * 100));
}
