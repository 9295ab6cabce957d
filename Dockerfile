FROM python:3.12-slim
RUN useradd --system --create-home --home-dir /data salescenter \
    && install -d -o salescenter -m 0700 /signer
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
# The fast face encoder, out of the weights that were just installed.
RUN python -W ignore -m faces.engine.preparing
# A plain user; the data, and without DATABASE_URL the database too, are in the volume.
ENV SALESCENTER_DATA=/data BIND_HOST=0.0.0.0 PYTHONUNBUFFERED=1
USER salescenter
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "salescenter.supervisor"]
