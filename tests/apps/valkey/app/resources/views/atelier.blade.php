<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Atelier</title></head>
<body><h1>Atelier</h1><p>The workshop is open.</p></body>
</html>
